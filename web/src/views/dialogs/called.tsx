import { useState } from "preact/hooks";
import { callMyself } from "../../actions/called";
import { useTask } from "../../lib/use_task";
import { me } from "../../state/app";
import { closeDialog, openDialog } from "../../state/dialog";
import { Field } from "../doors/door";
import { Dialog, Trouble } from "./dialog";

const LONGEST = 80;

/** What one is called. The name for log-in and @ is another one, and stays. */
export function CalledDialog() {
  const user = me.value;
  const [display, setDisplay] = useState(user?.display ?? "");
  const { busy, trouble, run } = useTask();
  const change = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await callMyself(display);
      openDialog("settings");
    });
  };
  return (
    <Dialog title="Change your name">
      <form class="dialog-form" onSubmit={change}>
        <Field name="display" label="Your name" value={display} onValue={setDisplay} autocomplete="name" max={LONGEST} focus
          hint={`Everybody sees it, also on what you wrote before. You still log in as ${user?.name}, and @${user?.name} is still you.`} />
        <Trouble words={trouble} />
        <div class="dialog-acts">
          <button class="button main" type="submit" disabled={busy || !display.trim()}>Change it</button>
          <button class="button" type="button" onClick={closeDialog}>Leave it</button>
        </div>
      </form>
    </Dialog>
  );
}
