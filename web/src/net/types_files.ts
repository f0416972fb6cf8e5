/** Files of messages. Beside them their bytes are at /files/<id>/<name>. */
import type { Author } from "./types";

export interface FileInfo {
  id: string;
  name: string;
  /** What the server found in its bytes, whatever its name says. */
  type: string;
  size: number;
  /** Of pictures that browsers show, in pixels as shown. */
  width?: number;
  height?: number;
}

/** One of file.list: where it was sent, when, and by whom. */
export interface ListedFile extends FileInfo {
  message: string;
  offset: number;
  author: Author;
  time: number;
}

/** How much of a file is there; `file` when all of it is. */
export interface Arrived {
  offset: number;
  size: number;
  file?: FileInfo;
}
