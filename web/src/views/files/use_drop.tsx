import { useEffect, useState } from "preact/hooks";
import { attach } from "../../actions/attach";
import { wantFocus } from "../../state/compose";
import { attachNote } from "../../state/uploads";

const brings = (event: DragEvent): boolean => !!event.dataTransfer?.types.includes("Files");

/** The files of a drop. A folder is none: it has no bytes to bring. */
function dropped({ items, files }: DataTransfer): File[] {
  const found = [...items].filter((item) => item.kind === "file");
  return [...files].filter((_, at) => !found[at]?.webkitGetAsEntry?.()?.isDirectory);
}

/** Files that are dropped anywhere on the room; elsewhere on the page they do nothing, so that no browser leaves the page
 * for them. True while they are over the room. Dragged text is left alone. on: the room takes files. */
export function useDrop(room: string, on: boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const inRoom = (event: DragEvent) => on && !!(event.target as Element | null)?.closest?.("main.stage") && !document.querySelector("dialog[open]");
    const onOver = (event: DragEvent) => {
      if (!brings(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = inRoom(event) ? "copy" : "none";
      setOver(inRoom(event));
    };
    /* out of the window; from one part to another is told by the next dragover */
    const onLeave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const onDrop = (event: DragEvent) => {
      if (!brings(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      if (!inRoom(event)) return;
      const [list, whole] = [dropped(event.dataTransfer), event.dataTransfer.files.length];
      attach(room, list);
      if (list.length < whole) attachNote.value = { room, words: "Folders cannot be attached; the files in them can." };
      wantFocus();
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onLeave);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onLeave);
      removeEventListener("drop", onDrop);
    };
  }, [room, on]);
  return over;
}

/** Over the log while files are over the room; it moves nothing. */
export function DropMark({ room }: { room: string }) {
  return <p class="drop-mark" aria-hidden="true">Drop files to attach them to {room}</p>;
}
