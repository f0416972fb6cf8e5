import { useState } from "preact/hooks";
import { BLOCKED, chooseNotify, isBlocked, mayNotify, whyNoNotices } from "../../actions/notify_choice";
import { notifyOf, type NotifyOf } from "../../lib/settings";
import { Choice } from "./choice";
import { Trouble } from "./dialog";

const LEVELS: [NotifyOf, string][] = [["never", "Never"], ["mentions", "When I am mentioned or written to directly"], ["all", "Every message"]];

/** Of what this browser tells while nobody looks. What it does not allow is Never, whatever was chosen once. */
export function NotifyChoice() {
  const [none] = useState(whyNoNotices);
  const [said, setSaid] = useState({ trouble: notifyOf.peek() !== "never" && isBlocked() ? BLOCKED : "" });
  if (none) {
    return (
      <section class="with-hints" aria-labelledby="settings-notify">
        <h3 id="settings-notify">Notifications</h3>
        <p class="hint">{none}</p>
      </section>
    );
  }
  const value = mayNotify() ? notifyOf.value : "never";
  return (
    <div class="with-hints">
      <Choice legend="Notifications" name="notify" options={LEVELS} value={value}
        onChange={async (wanted) => setSaid({ trouble: await chooseNotify(wanted) })} />
      <Trouble words={said.trouble} />
      <p class="hint">In this browser, while the page is open, and not of a room you are looking at.</p>
    </div>
  );
}
