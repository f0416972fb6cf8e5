import { useRef, useState } from "preact/hooks";
import { logIn } from "../../actions/doors";
import { signedIn } from "../../actions/session";
import { route } from "../../lib/router";
import { place } from "../../state/app";
import { Door, Field, Notice } from "./door";
import { useDoor } from "./use_door";

const WRONG = "That name and password do not go together. Try again.";

/** Where the visitor wanted to go: a path of this page, nothing else. */
function wayOn(): string {
  const to = route.peek().query.get("to") ?? "/";
  return /^\/(?![/\\])/.test(to) ? to : "/";
}

/** Name, password, stay. What is wrong concerns both fields, so that nobody learns which names exist. */
export function LoginPage() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [stay, setStay] = useState(true);
  const form = useRef<HTMLFormElement>(null);
  const { busy, send, bad, notice } = useDoor([], (e) =>
    e.code === 101 || e.code === 103
      ? WRONG
      : e.code === 111
        ? `Too many tries. Try again in ${Math.max(1, Math.ceil((e.retry_ms ?? 5000) / 1000))} s.`
        : undefined,
  );

  const submit = async (event: Event) => {
    event.preventDefault();
    const done = await send(async () => signedIn((await logIn(name.trim(), password, stay)).user, wayOn()));
    if (!done) form.current?.querySelector<HTMLInputElement>("[name=password]")?.select();
  };

  const home = place.value?.name || "Snug";
  const empty = place.value?.set_up === false;
  return (
    <Door
      title={home}
      lead={empty ? "Nobody has moved in yet. The server printed a set-up link when it started." : "Log in to read and write."}
    >
      <Notice words={notice} />
      <form onSubmit={submit} ref={form} aria-label="Log in">
        <Field name="name" label="Name" value={name} onValue={setName} autocomplete="username" plain bad={bad("name")} focus />
        <Field name="password" label="Password" type="password" value={password} onValue={setPassword}
          autocomplete="current-password" bad={bad("password")} />
        <label class="check">
          <input type="checkbox" name="stay" checked={stay} onChange={(event) => setStay(event.currentTarget.checked)} />
          Stay logged in on this device
        </label>
        <button class="button main" type="submit" disabled={busy}>Log in</button>
      </form>
      <p class="hint">Forgotten? An admin of {home} can give you another password.</p>
    </Door>
  );
}
