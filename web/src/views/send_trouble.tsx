import { useEffect, useState } from "preact/hooks";
import { copyText } from "../lib/markdown";
import { discard, tryAgain } from "../actions/send";
import { putBack } from "../state/compose";
import { mayTryAgain, sendWords, type Send } from "../state/outbox";

/** Below a message that did not go out: why, in words, and what can be done. The text is never lost. */
export function SendTrouble({ send }: { send: Send }) {
  const [, tick] = useState(0);
  const counts = send.state === "waiting" && send.code === 111;
  useEffect(() => {
    if (!counts) return;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [counts]);
  const words = sendWords(send, Date.now());
  if (!words) return null;
  const edit = () => {
    const back = discard(send.key);
    if (back) putBack.value = back;
  };
  return (
    <p class="trouble">
      <span>{words}</span>
      {mayTryAgain(send) && (
        <button class="link" type="button" onClick={() => tryAgain(send.key)}>Try again</button>
      )}
      {send.state === "failed" && send.code !== 103 && (
        <button class="link" type="button" onClick={edit}>Edit</button>
      )}
      {send.code === 103 && (
        <>
          {send.text && <button class="link" type="button" onClick={() => void copyText(send.text)}>Copy text</button>}
          <button class="link" type="button" onClick={() => discard(send.key)}>Discard</button>
        </>
      )}
    </p>
  );
}
