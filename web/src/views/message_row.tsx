import { useEffect, useState } from "preact/hooks";
import { Face } from "../lib/face";
import { Icon } from "../lib/icons";
import { copyText, Markdown } from "../lib/markdown";
import { messageWords } from "../lib/message_words";
import { clock, exact, iso } from "../lib/time_text";
import { me, mayGovern } from "../state/app";
import { beginEdit } from "../actions/edit";
import { openPicker } from "../actions/react";
import { asking, deleting, setReply, wantFocus } from "../state/compose";
import { openDialog } from "../state/dialog";
import type { Author, Message } from "../net/types";
import { isEditable } from "../state/log";
import type { Send } from "../state/outbox";
import { EditBox } from "./edit_box";
import { MessageFiles } from "./files/message_files";
import { Reactions } from "./react/reactions";
import { SendTrouble } from "./send_trouble";

interface Props {
  /** The row's key, found again by the log when something in it is pointed at. */
  row: string;
  author: Author;
  time: number;
  text: string;
  first: boolean;
  /** It is on the server's disk. */
  message?: Message | undefined;
  /** It is not, yet. */
  send?: Send | undefined;
  /** What it answers, if that is loaded. */
  quoted?: Message | undefined;
  mention: boolean;
  highlighted: boolean;
  /** Under the pointer or focused: shows what can be done with it. */
  current: boolean;
  /** Its own words, with a box in the place of the text. */
  editing: boolean;
}

const SLOW_MS = 300;

/** True once a send has waited so long that it should be said. */
function useSlow(send: Send | undefined): boolean {
  const waiting = send?.state === "waiting";
  const left = send ? send.created + SLOW_MS - Date.now() : 0;
  const [slow, setSlow] = useState(waiting && left <= 0);
  useEffect(() => {
    if (!waiting) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), Math.max(0, left));
    return () => clearTimeout(timer);
  }, [waiting, send?.key]);
  return waiting && slow;
}

export const permalink = (message: Message): string => `/room/${message.room}/${message.offset}`;

export async function copyLink(message: Message): Promise<boolean> {
  return copyText(location.origin + permalink(message));
}

/** Its author, the room's owners and admins may. */
export const mayDelete = (message: Message): boolean =>
  !message.deleted && (message.author.id === me.value?.id || mayGovern(message.room));

export function askToDelete(message: Message): void {
  deleting.value = message;
  openDialog("delete");
}

function askWho(message: Message): void {
  asking.value = message;
  openDialog("why");
}

const deletedWords = (by: Message["deleted"]): string =>
  `Message deleted by ${by === "author" ? "its author" : "an owner of the room"}`;

function Actions({ message }: { message: Message }) {
  const [copied, setCopied] = useState(false);
  const reply = () => {
    setReply(message.room, message);
    wantFocus();
  };
  const copy = async () => setCopied(await copyLink(message));
  return (
    <div class="actions" role="toolbar" aria-label="Message actions">
      <button
        class="tool"
        type="button"
        aria-label="React"
        title="React"
        aria-haspopup="dialog"
        onClick={(event) => openPicker(message, event.currentTarget)}
      >
        <Icon name="smile" />
      </button>
      <button class="tool" type="button" aria-label="Reply" title="Reply" onClick={reply}>
        <Icon name="reply" />
      </button>
      <button
        class="tool"
        type="button"
        aria-label={copied ? "Link copied" : "Copy link"}
        title={copied ? "Link copied" : "Copy link"}
        data-done={copied ? "" : undefined}
        onClick={() => void copy()}
      >
        <Icon name={copied ? "check" : "copy"} />
      </button>
      {me.value?.role === "admin" && (
        <button class="tool" type="button" aria-label="Who got it" title="Who got it" aria-haspopup="dialog" onClick={() => askWho(message)}>
          <Icon name="people" />
        </button>
      )}
      {isEditable(message, me.value?.id) && (
        <button class="tool" type="button" aria-label="Edit" title="Edit" onClick={() => beginEdit(message, "row")}>
          <Icon name="pencil" />
        </button>
      )}
      {mayDelete(message) && (
        <button class="tool" type="button" aria-label="Delete" title="Delete" aria-haspopup="dialog" onClick={() => askToDelete(message)}>
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}

function Quote({ id, quoted }: { id: string; quoted: Message | undefined }) {
  if (!quoted) return <span class="quote" data-reply={id}><span>Earlier message</span></span>;
  return (
    <a class="quote" data-reply={id} href={permalink(quoted)}>
      <b>{quoted.author.display}</b>
      <span>{quoted.deleted ? deletedWords(quoted.deleted) : messageWords(quoted)}</span>
    </a>
  );
}

/** Stands after the time. */
function Edited({ at }: { at: number | undefined }) {
  if (!at) return null;
  return <span class="edited" title={`Edited ${exact(at)}`}>edited</span>;
}

function Margin({ props, slow }: { props: Props; slow: boolean }) {
  const { send, first, author, time, message } = props;
  if (send && (slow || send.state === "failed" || !first)) {
    const failed = send.state === "failed";
    const label = failed ? "Not sent" : send.tries > 0 || slow ? "Waiting to be sent" : "Sending";
    return (
      <div class="margin">
        <span class="state" role="img" aria-label={label}><Icon name={failed ? "alert" : "clock"} /></span>
      </div>
    );
  }
  return (
    <div class="margin">
      {first ? <Face user={author} /> : (
        <>
          <time class="when exact" dateTime={iso(time)} data-exact={exact(time)}>{clock(time)}</time>
          <Edited at={message?.edited} />
        </>
      )}
    </div>
  );
}

function Body({ message, text, editing }: { message: Message | undefined; text: string; editing: boolean }) {
  if (editing && message) return <EditBox message={message} />;
  if (message?.deleted) return <p class="deleted">{deletedWords(message.deleted)}</p>;
  return text ? <Markdown text={text} /> : null;
}

/** One message. What it is waiting for stands in the margin; the text never moves. */
export function MessageRow(props: Props) {
  const { row, author, time, text, first, message, send, quoted, mention, highlighted, current, editing } = props;
  const slow = useSlow(send);
  /* an answer that stands below its run's card says there what it answers */
  const ofCard = !!message?.run_id && !first;
  const reply = ofCard ? "" : message?.reply_to || send?.reply_to || "";
  const files = message ? message.files : send?.files;
  const state = send ? (send.state === "failed" ? "failed" : "pending") : highlighted ? "highlighted" : "sent";
  const label = send ? `You, ${state === "failed" ? "not sent" : "sending"}` : `${author.display}, ${clock(time)}${message?.edited ? ", edited" : ""}`;
  return (
    <article
      class={`message${first ? " first" : ""}`}
      id={message ? `m-${message.id}` : undefined}
      data-row={row}
      data-state={state}
      data-slow={slow ? "" : undefined}
      data-mention={mention ? "" : undefined}
      data-key={message?.key ?? send?.key}
      data-id={message?.id}
      data-offset={message?.offset}
      data-author={author.id}
      aria-label={label}
      tabIndex={-1}
    >
      <Margin props={props} slow={slow} />
      <div class="body">
        {first && (
          <header class="by">
            <b>{author.display}</b>
            {author.role === "agent" && <span class="tag">agent</span>}
            <time class="exact" dateTime={iso(time)} data-exact={exact(time)}>{clock(time)}</time>
            <Edited at={message?.edited} />
          </header>
        )}
        {reply && <Quote id={reply} quoted={quoted} />}
        <Body message={message} text={text} editing={editing} />
        {files && <MessageFiles files={files} author={author} current={current} />}
        {send && <SendTrouble send={send} />}
        {message && <Reactions message={message} current={current} />}
      </div>
      {current && !editing && message && !message.deleted && <Actions message={message} />}
    </article>
  );
}
