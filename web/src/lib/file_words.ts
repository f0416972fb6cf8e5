/** Names, sizes and kinds of files in words, and the box of a picture. Pure. */
import type { FileInfo } from "../net/types_files";

const UNITS = ["KB", "MB", "GB", "TB"];

/** "184 KB", "1.4 MB", "25 MB": as the server counts, 1,024 to each next one. `up`: to the tenth above, so that what is over
 * a limit is never told as being it. */
export function sizeText(bytes: number, up = false): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const tenths = (up ? Math.ceil(value * 10) : Math.round(value * 10)) / 10;
  if (up) return `${tenths} ${UNITS[unit]}`;
  return `${tenths < 10 && !Number.isInteger(tenths) ? tenths.toFixed(1) : Math.max(1, Math.round(value))} ${UNITS[unit]}`;
}

const NAME_MAX = 200;
const TAIL = 7;

/** A name that the server takes: nothing of a path, no control characters, at most 200 characters; its ending stays. */
export function cleanName(name: string): string {
  const all = Array.from(name.replace(/[/\\\u0000-\u001f\u007f-\u009f\ud800-\udfff]/gu, "_").trim());
  if (all.length === 0) return "file";
  return all.length <= NAME_MAX ? all.join("") : [...all.slice(0, NAME_MAX - TAIL - 1), "…", ...all.slice(-TAIL)].join("");
}

/** A name in two parts: where there is little room the first is cut, and the second, with the ending, stays. */
export function nameParts(name: string): [string, string] {
  const all = Array.from(name);
  const cut = all.length > 2 * TAIL ? all.length - TAIL : all.length;
  return [all.slice(0, cut).join(""), all.slice(cut).join("")];
}

const two = (n: number): string => String(n).padStart(2, "0");

/** What the clipboard calls image.png is called after its time: "Pasted picture 14.32.png". */
export function pastedName(name: string, type: string, now: Date): string {
  const ending = /^image\.(\w+)$/.exec(name)?.[1];
  if (!ending || !type.startsWith("image/")) return name;
  return `Pasted picture ${two(now.getHours())}.${two(now.getMinutes())}.${ending}`;
}

/** Whether what is pasted is meant as text: programs that copy cells or paragraphs put a picture of them beside it. */
export const pastesText = (types: readonly string[]): boolean => types.includes("text/plain") && types.includes("text/html");

export type Look = "picture" | "video" | "audio" | "card";

/** How a file is shown; by what the server says it is. */
export function lookOf({ type, width, height }: FileInfo): Look {
  if (type.startsWith("image/") && width && height) return "picture";
  if (type.startsWith("video/")) return "video";
  return type.startsWith("audio/") ? "audio" : "card";
}

/** A few letters that say what a file is: its ending, if that is short. */
export function kindText(name: string, type: string): string {
  const ending = /\.([a-z0-9]{1,4})$/i.exec(name)?.[1];
  if (ending) return ending.toUpperCase();
  return { image: "IMG", video: "VID", audio: "AUD", text: "TXT" }[type.split("/")[0] ?? ""] ?? "FILE";
}

/** The address of its bytes; the name in it is what a browser saves it as. */
export const fileUrl = ({ id, name }: FileInfo): string => `/files/${id}/${encodeURIComponent(name)}`;

const many = (n: number, thing: string): string => `${n} ${thing}s`;

/** What stands for a message that is files alone: the name of one, else how many there are. "" without files. */
export function filesText(files: readonly FileInfo[] | undefined): string {
  if (!files || files.length === 0) return "";
  if (files.length === 1) return files[0]!.name;
  return many(files.length, files.every((file) => lookOf(file) === "picture") ? "picture" : "file");
}

const LEAST = 32;

/** The box of a picture before its bytes are there: never larger than the picture or than most wide and most high, and
 * never so thin that it could not be pointed at. */
export function boxOf(width: number, height: number, most: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, most.width / width, most.height / height);
  return { width: Math.max(LEAST, Math.round(width * scale)), height: Math.max(LEAST, Math.round(height * scale)) };
}
