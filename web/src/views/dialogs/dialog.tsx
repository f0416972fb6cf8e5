import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../lib/icons";
import { closeDialog } from "../../state/dialog";

/** A native modal dialog: it keeps the focus, Esc closes it, and the focus goes back where it was. */
export function Dialog({ title, children, wide }: { title: string; children: ComponentChildren; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  /* at once: the next key is for the dialog */
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = box.current;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog${wide ? " wide" : ""}`}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        closeDialog();
      }}
      onClick={(event) => {
        if (event.target === box.current) closeDialog();
      }}
    >
      <div class="dialog-inner">
        <header class="dialog-head">
          <h2 id="dialog-title">{title}</h2>
          <button class="tool" type="button" aria-label="Close" onClick={closeDialog}>
            <Icon name="close" />
          </button>
        </header>
        <div class="dialog-body">{children}</div>
      </div>
    </dialog>
  );
}

/** The way on when something is done: it has the focus, which what stood here before had. */
export function Done() {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div class="dialog-acts">
      <button ref={button} class="button main" type="button" onClick={closeDialog}>Close</button>
    </div>
  );
}

/** What went wrong, where it was done. */
export function Trouble({ words }: { words: string }) {
  if (!words) return null;
  return (
    <p class="hint" data-state="bad" role="alert">
      <Icon name="alert" />
      {words}
    </p>
  );
}
