import { changeKeep } from "../../actions/place";
import { useTask } from "../../lib/use_task";
import { closeDialog } from "../../state/dialog";
import { placeWords, previewWords } from "../../state/keeping";
import { keepingLess } from "../../state/keeping_less";
import { Dialog, Trouble } from "./dialog";

/** Asks before a closer bound takes messages: there is no way back. */
export function KeepLessDialog() {
  const asked = keepingLess.value;
  const { busy, trouble, run } = useTask();
  if (!asked) return null;
  const one = asked.preview.messages === 1 && !asked.preview.about && !asked.preview.more;
  const save = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await changeKeep(asked.change);
      closeDialog();
    });
  };
  return (
    <Dialog title={`Delete ${previewWords(asked.preview)}?`}>
      <form class="dialog-form" onSubmit={save}>
        <p>From now on: {placeWords(asked.after)}</p>
        <p>
          {one ? "One message is" : `${capital(previewWords(asked.preview))} are`} over that, and {one ? "goes" : "go"} at once, for
          everybody and from the search too. {one ? "It" : "They"} cannot be brought back.
        </p>
        <Trouble words={trouble} />
        <div class="dialog-acts">
          <button class="button danger" type="submit" disabled={busy}>Delete {one ? "it" : "them"}</button>
          <button class="button" type="button" autofocus onClick={closeDialog}>Leave it</button>
        </div>
      </form>
    </Dialog>
  );
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
