import { announced } from "../state/announced";
import { clock } from "../lib/time_text";
import { Icon } from "../lib/icons";

/** What an admin told everybody, over the page until it is closed. The voice has said it. */
export function Announced() {
  const said = announced.value;
  if (!said) return null;
  const close = () => (announced.value = null);
  return (
    <aside class="announced" aria-label="Announcement">
      <p>
        <b>{said.by?.display ?? "The server"}</b> to everybody, {clock(said.time)}
      </p>
      <p class="text">{said.text}</p>
      <button class="tool" type="button" aria-label="Close the announcement" onClick={close}>
        <Icon name="close" />
      </button>
    </aside>
  );
}
