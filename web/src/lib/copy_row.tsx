import { useState } from "preact/hooks";
import { Icon } from "./icons";
import { copyText } from "./markdown";

/** A text that is made to be copied, with its button. */
export function CopyRow({ text, label }: { text: string; label: string }) {
  const [words, setWords] = useState("Copy");
  const copy = async () => {
    setWords((await copyText(text)) ? "Copied" : "Not copied");
    setTimeout(() => setWords("Copy"), 1500);
  };
  return (
    <div class="copy-row">
      <span class="mono" title={text}>{text}</span>
      <button class="button small" type="button" aria-label={`${words} ${label}`} onClick={copy}>
        <Icon name="copy" />
        {words}
      </button>
    </div>
  );
}
