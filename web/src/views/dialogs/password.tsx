import { useState } from "preact/hooks";
import { changePassword, resetPassword } from "../../actions/people";
import { CopyRow } from "../../lib/copy_row";
import { useTask } from "../../lib/use_task";
import type { User } from "../../net/types";
import { me } from "../../state/app";
import { closeDialog } from "../../state/dialog";
import { resetting } from "../../state/resetting";
import { Field } from "../doors/door";
import { passwordHint, PASSWORD_LEAST } from "../doors/use_door";
import { Dialog, Done, Trouble } from "./dialog";

/** One's own password: the present one, a new one, and what becomes of the other log-ins. */
export function PasswordDialog() {
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const { busy, trouble, run } = useTask();
  const change = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await changePassword(old, password);
      setDone(true);
    });
  };
  return (
    <Dialog title="Change your password">
      {done ? (
        <div class="dialog-form">
          <p role="status">Changed. Here you stay logged in; everywhere else you are logged out.</p>
          <Done />
        </div>
      ) : (
        <form class="dialog-form" onSubmit={change}>
          <input class="hidden" type="text" name="username" autocomplete="username" value={me.value?.name} readOnly tabIndex={-1} aria-hidden="true" />
          <Field name="old" label="Old password" type="password" value={old} onValue={setOld} autocomplete="current-password" focus />
          <Field name="new" label="New password" type="password" value={password} onValue={setPassword} autocomplete="new-password"
            hint={passwordHint(password)} min={PASSWORD_LEAST} />
          <p>Everywhere else you will be logged out.</p>
          <Trouble words={trouble} />
          <div class="dialog-acts">
            <button class="button main" type="submit" disabled={busy}>Change it</button>
            <button class="button" type="button" onClick={closeDialog}>Leave it</button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** Another password for somebody who forgot theirs. The server makes it and shows it once. */
export function ResetDialog() {
  const person = resetting.value;
  return person && <Dialog title={`Give ${person.display} another password?`}><ResetForm key={person.id} person={person} /></Dialog>;
}

function ResetForm({ person }: { person: User }) {
  const [made, setMade] = useState("");
  const { busy, trouble, run } = useTask();
  const reset = (event: Event) => {
    event.preventDefault();
    void run(async () => setMade(await resetPassword(person.id)));
  };
  if (made) {
    return (
      <div class="dialog-form">
        <div>
          <CopyRow text={made} label={`the password of ${person.display}`} />
          <p class="hint" role="status">Shown only now. {person.display} logs in with it and changes it under Settings.</p>
        </div>
        <Done />
      </div>
    );
  }
  return (
    <form class="dialog-form" onSubmit={reset}>
      <p>The present one is good no more, and they are logged out everywhere. Their messages and rooms stay as they are.</p>
      <Trouble words={trouble} />
      <div class="dialog-acts">
        <button class="button main" type="submit" autofocus disabled={busy}>Make another</button>
        <button class="button" type="button" onClick={closeDialog}>Leave it</button>
      </div>
    </form>
  );
}
