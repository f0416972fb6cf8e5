import { deleteMessage } from "../../actions/people";
import { messageWords } from "../../lib/message_words";
import { useTask } from "../../lib/use_task";
import { deleting } from "../../state/compose";
import { closeDialog } from "../../state/dialog";
import { Dialog, Trouble } from "./dialog";

/** Asks before a message is deleted: there is no way back. */
export function DeleteDialog() {
  const message = deleting.value;
  const { busy, trouble, run } = useTask();
  if (!message) return null;
  const remove = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await deleteMessage(message);
      closeDialog();
    });
  };
  return (
    <Dialog title="Delete this message?">
      <form class="dialog-form" onSubmit={remove}>
        <p class="quote">
          <b>{message.author.display}</b> <span>{messageWords(message)}</span>
        </p>
        <p>It is gone for everybody, {message.files ? "with its files and " : ""}from the search too, and cannot be brought back.</p>
        <Trouble words={trouble} />
        <div class="dialog-acts">
          <button class="button danger" type="submit" autofocus disabled={busy}>Delete it</button>
          <button class="button" type="button" onClick={closeDialog}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}
