import { useState } from "preact/hooks";
import { join } from "../../actions/doors";
import { signedIn } from "../../actions/session";
import { route } from "../../lib/router";
import { place } from "../../state/app";
import { Door, Field, Notice } from "./door";
import { PASSWORD_LEAST, characters, passwordHint, useDoor } from "./use_door";

/** Coming in by an invite link. The code stands after "#"; a link that lost it asks for it. */
export function JoinPage() {
  const fromLink = route.value.hash;
  const [code, setCode] = useState("");
  const [display, setDisplay] = useState("");
  const [password, setPassword] = useState("");
  const [left, setLeft] = useState(false);
  const { busy, send, bad, setTrouble, notice } = useDoor(["display", "password", ...(fromLink ? [] : ["code"])], (e) =>
    e.field === "code" || e.code === 103
      ? "This invite link has been used up or has ended. Ask whoever sent it for a new one."
      : undefined,
  );

  const submit = async (event: Event) => {
    event.preventDefault();
    if (characters(password) < PASSWORD_LEAST) {
      setTrouble({ field: "password", words: passwordHint(password) });
      return;
    }
    await send(async () => signedIn((await join(fromLink || code.trim(), display.trim(), password)).user));
  };

  const home = place.value?.name || "this place";
  const short = left && password !== "" && characters(password) < PASSWORD_LEAST;
  return (
    <Door title={`Join ${home}`} lead="Somebody invited you. Choose a name and a password, and you are in.">
      <Notice words={notice} />
      <form onSubmit={submit} aria-label={`Join ${home}`}>
        {!fromLink && (
          <Field name="code" label="Invite code" value={code} onValue={setCode} autocomplete="off" plain
            hint="The letters and digits at the end of the link." bad={bad("code")} focus />
        )}
        <Field name="display" label="Your name" value={display} onValue={setDisplay} autocomplete="name"
          hint="As the others will see it." bad={bad("display")} max={80} focus={!!fromLink} />
        <div onFocusOut={() => setLeft(true)}>
          <Field name="password" label="Password" type="password" value={password} onValue={setPassword}
            autocomplete="new-password" hint={passwordHint(password)}
            bad={short ? passwordHint(password) : characters(password) < PASSWORD_LEAST ? bad("password") : ""} />
        </div>
        <button class="button main" type="submit" disabled={busy}>Come in</button>
      </form>
      <p class="hint">Been here before? <a href="/login">Log in</a></p>
    </Door>
  );
}
