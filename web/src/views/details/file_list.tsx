import { useEffect } from "preact/hooks";
import { loadFiles } from "../../actions/files";
import { fileUrl, lookOf, sizeText } from "../../lib/file_words";
import { Icon } from "../../lib/icons";
import { exact, iso, shortDay } from "../../lib/time_text";
import { useTask } from "../../lib/use_task";
import type { Room } from "../../net/types";
import type { ListedFile } from "../../net/types_files";
import { isUp, roomFiles } from "../../state/app";
import { FileName, FileWords, Kind } from "../files/file_parts";
import { Trouble } from "../dialogs/dialog";

/** What was sent in a room, newest first: the way to each message, and to each file. */
export function FileList({ room }: { room: Room }) {
  const { loaded, items, more } = roomFiles(room.id).value;
  const { busy, trouble, run } = useTask();
  const up = isUp.value;
  useEffect(() => {
    if (up) void run(() => loadFiles(room.id, false)); // also what a break left out
  }, [room.id, up]);
  return (
    <section aria-labelledby="details-files">
      <h3 id="details-files"><span>Files</span></h3>
      {loaded && items.length === 0 && <p class="about">Files sent here will be listed here.</p>}
      <ul class="file-list">
        {items.map((file) => <Item key={file.id} file={file} room={room.id} />)}
      </ul>
      {more && (
        <button class="link" type="button" disabled={busy} onClick={() => void run(() => loadFiles(room.id, true))}>Older files</button>
      )}
      <Trouble words={trouble} />
    </section>
  );
}

function Item({ file, room }: { file: ListedFile; room: string }) {
  const { name, size, author, time } = file;
  const words = `Download ${name}`;
  return (
    <li class="file" data-key={file.id}>
      {lookOf(file) === "picture" ? <img class="thumb" src={fileUrl(file)} alt="" loading="lazy" /> : <Kind {...file} />}
      <FileWords name={<a href={`/room/${room}/${file.offset}`}><FileName name={name} /></a>}>
        <span>{author.display}</span>, <time dateTime={iso(time)} title={exact(time)}>{shortDay(time)}</time>, {sizeText(size)}
      </FileWords>
      <a class="tool get" href={fileUrl(file)} download={name} aria-label={words} title={words}>
        <Icon name="send" />
      </a>
    </li>
  );
}
