import { Face } from "../../lib/face";
import { connection, me } from "../../state/app";
import { linkWords } from "../room_list";

/** Own name and the sign of the connection, at the foot of the list. */
export function AdminFoot() {
  const user = me.value;
  return (
    <div class="me">
      {user && <Face user={user} />}
      <div class="who">
        <b>{user?.display}</b>
        <span class="link-state" data-state={connection.value.state}>{linkWords(connection.value)}</span>
      </div>
    </div>
  );
}
