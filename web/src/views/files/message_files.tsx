import { useState } from "preact/hooks";
import { boxOf, fileUrl, lookOf, sizeText } from "../../lib/file_words";
import { viewing } from "../../state/viewing";
import type { Author } from "../../net/types";
import type { FileInfo } from "../../net/types_files";
import { FileName, FileWords, Kind } from "./file_parts";

const COLUMN_PX = 720;
const ONE = { width: COLUMN_PX, height: 360 };
const SEVERAL = { width: COLUMN_PX, height: 200 };

interface Props {
  files: readonly FileInfo[];
  author: Author;
  /** The row under the pointer or focused: what is in it is in the way of Tab. */
  current: boolean;
}

/** The files of a message: pictures first, in a row that wraps; what can be played; a card for each other one. Every box has
 * its size before its bytes come. */
export function MessageFiles({ files, author, current }: Props) {
  const pictures = files.filter((file) => lookOf(file) === "picture");
  const others = files.filter((file) => lookOf(file) !== "picture");
  const stop = current ? 0 : -1;
  const open = (at: number, from: HTMLElement) => (viewing.value = { pictures, at, author, from });
  return (
    <>
      {pictures.length > 0 && (
        <div class="files">
          {pictures.map((file, at) => (
            <Picture key={file.id} file={file} most={pictures.length > 1 ? SEVERAL : ONE} stop={stop} onOpen={(from) => open(at, from)} />
          ))}
        </div>
      )}
      {others.length > 0 && (
        <div class="files">
          {others.map((file) => {
            const Other = plays(file) ? Player : Card;
            return <Other key={file.id} file={file} stop={stop} />;
          })}
        </div>
      )}
    </>
  );
}

interface PictureProps {
  file: FileInfo;
  most: typeof ONE;
  stop: number;
  onOpen: (from: HTMLElement) => void;
}

function Picture({ file, most, stop, onOpen }: PictureProps) {
  const [failed, setFailed] = useState(false);
  const { width, height } = boxOf(file.width ?? 1, file.height ?? 1, most);
  /* what does not come leaves its place as it is */
  if (failed) return <Card file={file} stop={stop} least={{ width: `${width}px`, minHeight: `${height}px` }} />;
  return (
    <button
      class="shot"
      type="button"
      tabIndex={stop}
      aria-haspopup="dialog"
      title={file.name}
      style={{ width: `${width}px`, aspectRatio: `${width} / ${height}` }}
      onClick={(event) => onOpen(event.currentTarget)}
    >
      <img src={fileUrl(file)} alt={file.name} width={width} height={height} loading="lazy" decoding="async" onError={() => setFailed(true)} />
    </button>
  );
}

function Card({ file, stop, least }: { file: FileInfo; stop: number; least?: Record<string, string> }) {
  return (
    <a class="file" href={fileUrl(file)} download={file.name} tabIndex={stop} style={least}>
      <Kind {...file} />
      <FileWords name={<FileName name={file.name} />}>{sizeText(file.size)}</FileWords>
    </a>
  );
}

/** Whether this browser says that it might. */
function plays(file: FileInfo): boolean {
  const look = lookOf(file);
  return (look === "video" || look === "audio") && document.createElement(look).canPlayType(file.type) !== "";
}

function Player({ file, stop }: { file: FileInfo; stop: number }) {
  const [failed, setFailed] = useState(false);
  if (failed) return <Card file={file} stop={stop} />;
  const source = { src: fileUrl(file), controls: true, preload: "metadata", tabIndex: stop, "aria-label": file.name, onError: () => setFailed(true) } as const;
  return (
    <figure class="player">
      {lookOf(file) === "video" ? <video {...source} /> : <audio {...source} />}
      <figcaption>
        <a href={fileUrl(file)} download={file.name} tabIndex={stop}><FileName name={file.name} /></a>
        <span class="quiet">{sizeText(file.size)}</span>
      </figcaption>
    </figure>
  );
}
