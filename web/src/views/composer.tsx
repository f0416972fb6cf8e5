import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../lib/icons";
import { coarse } from "../lib/media";
import { sendWith } from "../lib/settings";
import { pastedName, pastesText } from "../lib/file_words";
import { messageWords } from "../lib/message_words";
import { connection, me, messages, place } from "../state/app";
import { draftOf, setDraft } from "../state/drafts";
import { draftSent, focusBox, putBack, replyTo, setReply, wantEnd } from "../state/compose";
import { newestOwn } from "../state/log";
import { armed, isOpen, isWhole, setArmed, uploads, uploadsOf } from "../state/uploads";
import { beginEdit } from "../actions/edit";
import { attach, attachAgain } from "../actions/attach";
import { sendDraft } from "../actions/send_draft";
import { tellTyping } from "../actions/reading";
import { Complete } from "./complete_list";
import { AttachButton } from "./files/attach_button";
import { Uploads } from "./files/uploads";
import { useCompletion } from "./use_completion";
import type { Room } from "../net/types";

export const LIMIT = 16_000;
/** Of the message as JSON, beside the characters. */
const LIMIT_BYTES = 48_000;

/** How far a text is over what the server takes; 0: not. */
export function overLimit(text: string, limit: number): number {
  const trimmed = text.trim();
  const over = Array.from(trimmed).length - limit;
  if (over > 0) return over;
  if (trimmed.length < LIMIT_BYTES / 6) return 0;
  const bytes = new TextEncoder().encode(JSON.stringify(trimmed)).length - 2;
  return bytes > LIMIT_BYTES ? Math.ceil((bytes - LIMIT_BYTES) / 3) : 0;
}

export function sends(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || event.isComposing || event.altKey) return false;
  const ctrl = event.ctrlKey || event.metaKey;
  if (sendWith.peek() === "ctrl-enter") return ctrl && !event.shiftKey;
  return !event.shiftKey && !ctrl && !coarse.peek();
}

/** What the keys do, said to who cannot see it. */
export const sendHelp = (does: string): string =>
  sendWith.value === "enter" ? `Enter ${does}, Shift Enter starts a new line` : `Ctrl Enter ${does}, Enter starts a new line`;

/** Browsers without `field-sizing` measure the text themselves. */
export function fit(area: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function Reply({ room }: { room: string }) {
  const chosen = replyTo.value.get(room);
  if (!chosen) return null;
  const message = messages(room).value.items.find((m) => m.id === chosen.id) ?? chosen; // as it is now
  return (
    <div class="above">
      <Icon name="reply" />
      <span>
        Reply to <b>{message.author.display}</b>: {messageWords(message)}
      </span>
      <button class="tool" type="button" aria-label="Do not reply" title="Do not reply" onClick={() => setReply(room, null)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** While files are on their way it is pressed once, and the message goes when they are there. */
function SendButton({ open, goes, held }: { open: boolean; goes: boolean; held: boolean }) {
  const words = open ? "Send when ready" : "Send";
  return (
    <button class="tool send" type="submit" aria-label={words} title={words} aria-pressed={open ? goes : undefined} disabled={held}>
      <Icon name={goes ? "clock" : "send"} />
    </button>
  );
}

/** Where one writes. The text is a draft until it is sent: it outlives reloads, breaks and log-outs. */
export function Composer({ room }: { room: Room }) {
  const id = room.id;
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => draftOf(id));
  const limit = place.value?.limits.text || LIMIT;
  const over = overLimit(text, limit);
  const files = uploadsOf(uploads.value, id);
  const whole = files.every(isWhole);
  const open = files.some(isOpen);
  const goes = armed.value.has(id);
  const empty = text.trim() === "" && files.length === 0;
  /* what failed is a decision that nobody but the writer takes */
  const held = empty || over > 0 || (!whole && !open);
  const away = connection.value.state === "offline" || connection.value.state === "reconnecting";

  const put = (next: string) => {
    setText(next);
    setDraft(id, next);
  };
  const completion = useCompletion("complete", id, area, put);

  const focus = () => area.current?.focus();
  useEffect(() => {
    if (!coarse.peek()) focus();
  }, []);
  useEffect(() => {
    if (focusBox.value > 0) focus();
  }, [focusBox.value]);
  useLayoutEffect(() => {
    if (area.current) fit(area.current);
  }, [text]);
  useEffect(() => {
    const back = putBack.value;
    if (back?.room !== id) return;
    putBack.value = null;
    if (back.files) attachAgain(id, back.files);
    if (back.text) put(text.trim() ? `${back.text}\n${text}` : back.text);
    focus();
  }, [putBack.value]);
  useEffect(() => {
    if (draftSent.value?.room === id) setText("");
  }, [draftSent.value]);

  const submit = () => {
    if (held) return;
    if (sendDraft(id)) setText("");
    else setArmed(id, true);
    focus();
  };
  const asFile = () => {
    attach(id, [new File([text], "message.txt", { type: "text/plain" })], text);
    put("");
    focus();
  };
  const onPaste = (event: ClipboardEvent) => {
    const { types, files: list } = event.clipboardData ?? {};
    if (!list?.length || pastesText(types ?? [])) return;
    event.preventDefault();
    const now = new Date();
    attach(id, [...list].map((file) => new File([file], pastedName(file.name, file.type, now), { type: file.type })));
  };
  const onInput = () => {
    setArmed(id, false); // nothing half written goes out by itself
    const next = area.current?.value ?? "";
    put(next);
    completion.look();
    if (next.trim()) tellTyping(id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (completion.onKey(event)) return;
    if (sends(event)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (replyTo.peek().has(id)) setReply(id, null);
      else wantEnd();
    } else if (event.key === "ArrowUp" && area.current?.value === "" && !event.isComposing && !event.shiftKey && !event.altKey) {
      const last = newestOwn(messages(id).peek(), me.peek()?.id);
      if (!last) return;
      event.preventDefault();
      beginEdit(last, "box");
    }
  };

  const name = `Message to ${room.name}`;
  return (
    <>
      <form
        class="composer"
        id="composer"
        aria-label={name}
        data-state={over > 0 ? "over" : open ? "uploading" : away ? "offline" : empty ? "empty" : "writing"}
        onSubmit={(event) => {
          event.preventDefault();
          if (goes) setArmed(id, false);
          else submit();
        }}
      >
        <Complete {...completion.list} />
        <Reply room={id} />
        <Uploads room={id} onEmpty={focus} />
        <AttachButton room={id} />
        <textarea
          ref={area}
          rows={1}
          value={text}
          aria-label={name}
          aria-describedby="composer-help"
          {...completion.box}
          aria-invalid={over > 0 ? "true" : undefined}
          placeholder={`Message ${room.name}${away ? ", sent when you are back" : ""}`}
          onInput={onInput}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <span class="tools"><SendButton open={open} goes={goes} held={held} /></span>
        <span class="hidden" id="composer-help">{sendHelp("sends")}, Up edits your last message</span>
      </form>
      {over > 0 && (
        <p class="hint" data-state="bad">
          <Icon name="alert" />
          <span>
            {over.toLocaleString("en")} characters over {limit.toLocaleString("en")}. Nothing is cut.{" "}
            {place.value?.limits.upload_bytes !== 0 && <button class="link" type="button" onClick={asFile}>Attach it as a file</button>}
          </span>
        </p>
      )}
    </>
  );
}
