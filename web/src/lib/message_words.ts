import type { FileInfo } from "../net/types_files";
import { filesText } from "./file_words";
import { plainWords } from "./markdown_html";

/** A message in one line: the beginning of its words, or what its files are. */
export const messageWords = ({ text, files }: { text: string; files?: readonly FileInfo[] | undefined }): string =>
  text ? plainWords(text.slice(0, 300)) : filesText(files);
