import { goFrom } from "../../actions/people";
import { useTask } from "../../lib/use_task";
import { currentRoom, me, members } from "../../state/app";
import { closeDialog } from "../../state/dialog";
import { Dialog, Trouble } from "./dialog";

/** Asks before a private room is left: nobody comes back into it by themselves. */
export function LeaveDialog() {
  const room = currentRoom.value;
  const { busy, trouble, run } = useTask();
  if (!room || room.direct) return null;
  const others = members(room.id).value.some(({ user }) => user.role !== "agent" && user.id !== me.value?.id);
  const leave = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await goFrom(room.id);
      closeDialog();
    });
  };
  return (
    <Dialog title={`Leave ${room.name}?`}>
      <form class="dialog-form" onSubmit={leave}>
        <p>
          {others
            ? "It is private: you can come back only if somebody who is in it invites you."
            : "It is private and you are the last one in it: nobody could read it any more, or invite you back."}
        </p>
        <Trouble words={trouble} />
        <div class="dialog-acts">
          <button class="button danger" type="submit" disabled={busy}>Leave the room</button>
          <button class="button" type="button" autofocus onClick={closeDialog}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}
