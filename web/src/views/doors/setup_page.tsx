import { useState } from "preact/hooks";
import { setUp } from "../../actions/doors";
import { signedIn } from "../../actions/session";
import { route } from "../../lib/router";
import { place } from "../../state/app";
import { Door, Field, Notice } from "./door";
import { PASSWORD_LEAST, characters, passwordHint, useDoor } from "./use_door";

/** First run: one page, then straight into the first room. The secret stands after "#", so that no log sees it. */
export function SetupPage() {
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const [password, setPassword] = useState("");
  const [left, setLeft] = useState(false);
  const { busy, send, bad, setTrouble, notice } = useDoor(["place", "display", "password"], (e) =>
    e.code === 400 || e.code === 101 || e.code === 103 || e.field === "secret"
      ? "This link has been used, or is older than the server’s last start. The server prints a new one until somebody has moved in."
      : undefined,
  );

  const submit = async (event: Event) => {
    event.preventDefault();
    if (characters(password) < PASSWORD_LEAST) {
      setTrouble({ field: "password", words: passwordHint(password) });
      return;
    }
    await send(async () => signedIn((await setUp(route.value.hash, name.trim(), display.trim(), password)).user));
  };

  if (!route.value.hash) return <NoSecret />;
  const short = left && password !== "" && characters(password) < PASSWORD_LEAST;
  const done = place.value?.set_up === true;
  return (
    <Door
      title="Make yourself at home"
      lead="This link works once. It makes you the first admin of a place that lives in one folder on your own machine."
      footer="Nothing leaves this machine unless you set it up."
    >
      <Notice words={done && !notice ? "Somebody has moved in here already." : notice} />
      {done && <p class="hint"><a href="/login">Log in</a> instead, or ask an admin for an invite link.</p>}
      <form onSubmit={submit} aria-label="Set up">
        <Field name="place" label="What is the place called?" value={name} onValue={setName} autocomplete="organization"
          hint="Shown at the top of the room list." bad={bad("place")} max={80} focus />
        <Field name="display" label="Your name" value={display} onValue={setDisplay} autocomplete="name"
          bad={bad("display")} max={80} />
        <div onFocusOut={() => setLeft(true)}>
          <Field name="password" label="Password" type="password" value={password} onValue={setPassword}
            autocomplete="new-password" hint={passwordHint(password)}
            bad={short ? passwordHint(password) : characters(password) < PASSWORD_LEAST ? bad("password") : ""} />
        </div>
        <button class="button main" type="submit" disabled={busy}>Open the first room</button>
      </form>
      <ol class="next" aria-label="What happens next">
        <li><span>1</span>You are in “general”, where Nook, the built-in agent, answers what you ask.</li>
        <li><span>2</span>You get a link to invite the others.</li>
      </ol>
    </Door>
  );
}

/** Somebody came without the link: only who reads the server's output may become its first admin. */
function NoSecret() {
  return (
    <Door title="Not set up yet" lead="The server printed a set-up link when it started. Open that link to become the first admin.">
      <p class="hint">Has somebody made you an account? <a href="/login">Log in</a></p>
    </Door>
  );
}
