import { goFrom } from "../../actions/people";
import { preferRoom } from "../../actions/prefer";
import { Icon } from "../../lib/icons";
import { useTask } from "../../lib/use_task";
import type { Room } from "../../net/types";
import { mayGovern, members, place } from "../../state/app";
import { calledWords, conversationWords } from "../../state/direct";
import { openDialog } from "../../state/dialog";
import { keptWords } from "../../state/keeping";
import { showDetails } from "../../state/panes";
import { FileList } from "./file_list";
import { MemberList } from "./member_list";

/** What the room is for, who is in it, what one may do about it, and its files. What stands below the members comes with
 * them, and the files grow downward, so that nothing moves. */
export function DetailsPane({ room }: { room: Room }) {
  return (
    <aside class="details" id="details" aria-label={`Details of ${calledWords(room)}`}>
      <div class="bar">
        <h2>Details</h2>
        <div class="tools">
          <button class="tool" type="button" aria-label="Close details" title="Close details" onClick={() => showDetails(false)}>
            <Icon name="close" />
          </button>
        </div>
      </div>
      <div class="inner">
        <About room={room} />
        <MemberList room={room} />
        {!room.direct && members(room.id).value.length > 0 && <Ways room={room} />}
        {members(room.id).value.length > 0 && <FileList room={room} />}
      </div>
    </aside>
  );
}

function About({ room }: { room: Room }) {
  const who = room.direct
    ? conversationWords(room.direct)
    : room.private
    ? "Private: people come in by invitation, and only members read and write here."
    : `Everyone at ${place.value?.name || "this place"} may join, read and write here.`;
  const kept = keptWords(room, place.value?.keep);
  return (
    <section aria-labelledby="details-about">
      <h3 id="details-about">
        <span>About</span>
        {!room.direct && mayGovern(room.id) && (
          <button class="link" type="button" aria-haspopup="dialog" aria-label={`Change ${room.name}`} onClick={() => openDialog("room")}>
            Change
          </button>
        )}
      </h3>
      <p class="about">
        {room.topic && `${room.topic.replace(/([^.!?…])$/, "$1.")} `}
        {who}
      </p>
      {kept && <p class="about kept">{kept}</p>}
      <Own room={room} />
    </section>
  );
}

/** What one thinks of it oneself; nobody else is told. */
function Own({ room }: { room: Room }) {
  const { trouble, run } = useTask();
  return (
    <div class="own">
      <button class="button small" type="button" aria-pressed={!!room.favourite}
        onClick={() => run(() => preferRoom(room, { favourite: !room.favourite }))}>
        <Icon name={room.favourite ? "check" : "plus"} />
        Favourite
      </button>
      <button class="button small" type="button" aria-pressed={!!room.muted} title="Only what names you is told"
        onClick={() => run(() => preferRoom(room, { muted: !room.muted }))}>
        <Icon name={room.muted ? "check" : "mute"} />
        Mute
      </button>
      {trouble && <p class="hint" data-state="bad" role="alert">{trouble}</p>}
    </div>
  );
}

/** Inviting and leaving, which is asked about where there is no way back. Nobody leaves the first room: everybody lands there. */
function Ways({ room }: { room: Room }) {
  const { busy, trouble, run } = useTask();
  const leave = () => (room.private ? openDialog("leave") : void run(() => goFrom(room.id)));
  return (
    <section class="acts" aria-label="Room actions">
      <button class="button" type="button" aria-haspopup="dialog" onClick={() => openDialog("invite")}>
        <Icon name="people" />
        Invite people
      </button>
      {room.id !== "1" && (
        <button class="button plain danger" type="button" disabled={busy} aria-haspopup={room.private ? "dialog" : undefined} onClick={leave}>
          Leave {room.name}
        </button>
      )}
      {trouble && <p class="hint" data-state="bad" role="alert">{trouble}</p>}
    </section>
  );
}
