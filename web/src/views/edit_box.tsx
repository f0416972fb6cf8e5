import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { endEdit, saveEdit, takeBegun } from "../actions/edit";
import { say } from "../lib/voices";
import { useTask } from "../lib/use_task";
import { isUp, place } from "../state/app";
import { editing, editTexts } from "../state/compose";
import type { Message } from "../net/types";
import { fit, LIMIT, overLimit, sends, sendHelp } from "./composer";
import { Complete } from "./complete_list";
import { Trouble } from "./dialogs/dialog";
import { useCompletion } from "./use_completion";

const AWAY = "Not connected. Your text stays here until you are back.";

/** A message of one's own with a box in the place of its text. What is typed is kept until it is saved or cancelled. */
export function EditBox({ message }: { message: Message }) {
  const { id, room } = message;
  const area = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [text, setText] = useState(() => editTexts.get(id) ?? message.text);
  const { busy, trouble, run } = useTask();
  const up = isUp.value;
  const limit = place.value?.limits.text || LIMIT;
  const over = overLimit(text, limit);
  const empty = text.trim() === "";

  useLayoutEffect(() => {
    const box = area.current;
    if (!box || !takeBegun(id)) return;
    box.focus({ preventScroll: true });
    box.setSelectionRange(box.value.length, box.value.length);
    form.current?.scrollIntoView({ block: "nearest" });
  }, []);
  useLayoutEffect(() => {
    if (area.current) fit(area.current);
  }, [text]);

  const end = () => endEdit(message, editing.peek().get(room)?.from ?? "row");
  const save = async () => {
    const wanted = text.trim().replace(/\r\n?/g, "\n");
    if (!wanted || over > 0 || !up) return;
    const done = await run(async () => {
      if (wanted !== message.text) await saveEdit(message, wanted);
    });
    if (!done) return;
    end();
    say("Saved");
  };
  const put = (next: string) => {
    setText(next);
    editTexts.set(id, next);
  };
  const completion = useCompletion(`complete-${id}`, room, area, put);
  const onInput = () => {
    put(area.current?.value ?? "");
    completion.look();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (completion.onKey(event)) return;
    if (event.key === "Escape" && !event.isComposing) end();
    else if (sends(event)) void save();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the log has its own Escape
  };
  return (
    <form
      class="edit"
      ref={form}
      aria-label="Edit message"
      data-state={over > 0 ? "over" : up ? undefined : "offline"}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={area}
        rows={1}
        value={text}
        aria-label="Text of the message"
        aria-describedby={`edit-help-${id}`}
        aria-invalid={over > 0 ? "true" : undefined}
        readOnly={busy}
        {...completion.box}
        onInput={onInput}
        onKeyDown={onKeyDown}
      />
      <Complete {...completion.list} />
      {over > 0 ? (
        <p class="hint" data-state="bad">{over.toLocaleString("en")} characters over {limit.toLocaleString("en")}.</p>
      ) : (
        <Trouble words={up ? trouble && `Not saved. ${trouble}` : AWAY} />
      )}
      <div class="edit-acts">
        <button class="button small main" type="submit" disabled={busy || empty || over > 0 || !up}>
          {up ? "Save" : "Save when connected"}
        </button>
        <button class="button small" type="button" onClick={end}>Cancel</button>
        <span class="hidden" id={`edit-help-${id}`}>{sendHelp("saves")}, Escape cancels</span>
      </div>
    </form>
  );
}
