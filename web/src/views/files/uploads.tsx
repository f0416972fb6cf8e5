import { useEffect, useRef, useState } from "preact/hooks";
import { bytesOf, checkUploads, takeAway, uploadAgain } from "../../actions/attach";
import { fileUrl } from "../../lib/file_words";
import { Icon } from "../../lib/icons";
import { isUp } from "../../state/app";
import { putBack } from "../../state/compose";
import { attachNote, isOpen, mayUploadAgain, percentOf, uploads, uploadsOf, uploadWords, type Upload } from "../../state/uploads";
import { FileName, FileWords, Kind } from "./file_parts";

/** What is attached to the draft of a room: how far each is, and the way to do without it. */
export function Uploads({ room, onEmpty }: { room: string; onEmpty: () => void }) {
  const list = uploadsOf(uploads.value, room);
  const box = useRef<HTMLUListElement>(null);
  const note = attachNote.value?.room === room ? attachNote.value.words : "";
  const up = isUp.value;
  useEffect(() => {
    if (up) void checkUploads(room);
  }, [up]);
  const remove = ({ key }: Upload, at: number) => {
    const text = takeAway(key);
    if (text) putBack.value = { room, text };
    /* the focus goes on to the next one, or back to the box */
    if (list.length === 1) onEmpty();
    else box.current?.querySelectorAll<HTMLElement>(".remove")[at < list.length - 1 ? at + 1 : at - 1]?.focus();
  };
  return (
    <>
      {list.length > 0 && (
        <ul class="uploads" aria-label="Attached files" ref={box}>
          {list.map((one, at) => <Chip key={one.key} one={one} onRemove={() => remove(one, at)} />)}
        </ul>
      )}
      {note && <p class="hint" data-state="bad" role="alert"><Icon name="alert" />{note}</p>}
    </>
  );
}

function Chip({ one, onRemove }: { one: Upload; onRemove: () => void }) {
  const open = isOpen(one);
  const label = `${open ? "Cancel the upload of" : "Remove"} ${one.name}`;
  return (
    <li class="file" data-key={one.key} data-state={one.state}>
      <Thumb one={one} />
      <FileWords name={<FileName name={one.name} />}>
        {uploadWords(one)}
        {mayUploadAgain(one) && <> <button class="link" type="button" onClick={() => uploadAgain(one.room, one.key)}>Try again</button></>}
      </FileWords>
      <button class="tool remove" type="button" aria-label={label} title={open ? "Cancel" : "Remove"} onClick={onRemove}>
        <Icon name="close" />
      </button>
      {open && <progress class="progress" max={100} value={percentOf(one)} aria-label={`Upload of ${one.name}`} />}
    </li>
  );
}

const SIDE_PX = 72;

/** The middle of a picture, small; what is no picture to this browser keeps its letters. */
function Thumb({ one }: { one: Upload }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  const bytes = bytesOf(one.key);
  useEffect(() => {
    if (!bytes || !one.type.startsWith("image/")) return;
    let wanted = true;
    createImageBitmap(bytes)
      .then((picture) => {
        const side = Math.min(picture.width, picture.height);
        const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2];
        if (wanted) canvas.current?.getContext("2d")?.drawImage(picture, x, y, side, side, 0, 0, SIDE_PX, SIDE_PX);
        if (wanted) setDrawn(true);
        picture.close();
      })
      .catch(() => {});
    return () => void (wanted = false);
  }, [bytes]);
  if (!bytes && one.file?.width) return <img class="thumb" src={fileUrl(one.file)} alt="" />;
  return (
    <>
      <canvas class="thumb" ref={canvas} width={SIDE_PX} height={SIDE_PX} hidden={!drawn} aria-hidden="true" />
      {!drawn && <Kind {...one} />}
    </>
  );
}
