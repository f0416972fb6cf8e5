import { useState } from "preact/hooks";
import { pushOff, pushOn, pushState, pushTest, type PushState } from "../../actions/push";
import { useAsked } from "../../lib/use_task";
import { Trouble } from "./dialog";

const WORDS: Record<PushState, string> = {
  insecure: "This needs an encrypted address (https), too.",
  home: "Add Snug to the home screen first (Share, then Add to Home Screen), and open it from there.",
  missing: "This browser tells nothing of a page that is closed.",
  blocked: "The browser blocks notifications of this page: allow them in its settings for this page first.",
  refused: "",
  off: "Off. Switched on, this browser tells you when you are mentioned or written to directly and Snug is open nowhere.",
  on: "On, for as long as you are logged in here: this browser tells you when you are mentioned or written to directly and Snug is open nowhere.",
};

/** Whether this browser tells while the page is closed; what its push service gets is encrypted. */
export function PushChoice() {
  const { value, trouble, reload } = useAsked(pushState);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState({ words: "", sent: false });
  const run = async (work: () => Promise<string>, sends = false) => {
    setBusy(true);
    setSaid({ words: "", sent: false });
    const words = await work();
    await reload();
    setSaid({ words, sent: sends && !words });
    setBusy(false);
  };
  const state = value?.state;
  return (
    <section class="with-hints" aria-labelledby="settings-push" aria-busy={!value && !trouble}>
      <h3 id="settings-push">When Snug is closed</h3>
      {state && <p class="hint">{value.words ?? WORDS[state]}</p>}
      {(state === "off" || state === "on") && (
        <div class="dialog-acts">
          {state === "off" && <button class="button small" type="button" disabled={busy} onClick={() => run(pushOn)}>Switch on</button>}
          {state === "on" && (
            <>
              <button class="button small" type="button" disabled={busy} onClick={() => run(pushTest, true)}>Send a test</button>
              <button class="button small" type="button" disabled={busy} onClick={() => run(pushOff)}>Switch off</button>
            </>
          )}
        </div>
      )}
      <p class="hint" role="status">{said.sent ? "The push service has it. It comes in a moment." : ""}</p>
      <Trouble words={trouble || said.words} />
    </section>
  );
}
