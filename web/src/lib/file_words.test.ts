import assert from "node:assert/strict";
import test from "node:test";
import type { FileInfo } from "../net/types_files";
import { boxOf, cleanName, fileUrl, filesText, kindText, lookOf, nameParts, pastedName, pastesText, sizeText } from "./file_words";

const file = (name: string, type: string, more: Partial<FileInfo> = {}): FileInfo => ({ id: "7", name, type, size: 10, ...more });
const png = file("a.png", "image/png", { width: 4, height: 3 });

test("sizes are short, and the limit is said as the server says it", () => {
  const all = [0, 1, 999, 1000, 1024, 188_416, 1_023_000, 1_468_006, 10 * 1024 * 1024, 26_214_400, 32_505_856, 5 * 2 ** 30];
  const words = ["0 B", "1 B", "999 B", "1 KB", "1 KB", "184 KB", "999 KB", "1.4 MB", "10 MB", "25 MB", "31 MB", "5 GB"];
  assert.deepEqual(all.map((bytes) => sizeText(bytes)), words);
  assert.deepEqual([26_214_401, 32_505_856].map((bytes) => sizeText(bytes, true)), ["25.1 MB", "31 MB"]);
});

test("a name loses what the server does not take, and keeps its ending", () => {
  assert.equal(cleanName("a/b\\c\u0007.txt"), "a_b_c_.txt");
  assert.equal(cleanName("  "), "file");
  assert.equal(cleanName("lone \ud800.txt"), "lone _.txt");
  assert.equal(cleanName("x".repeat(200)).length, 200);
  const long = cleanName(`${"ö".repeat(300)}.tar.gz`);
  assert.equal(Array.from(long).length, 200);
  assert.ok(long.endsWith("….tar.gz".slice(-7)), long);
});

test("of a long name the ending is a part of its own", () => {
  assert.deepEqual(nameParts("notes.pdf"), ["notes.pdf", ""]);
  const [start, end] = nameParts("upgrade-notes-for-everybody-0.4.2.pdf");
  assert.equal(start + end, "upgrade-notes-for-everybody-0.4.2.pdf");
  assert.equal(end, "4.2.pdf");
  assert.deepEqual(nameParts("👩‍🚀".repeat(10)).join(""), "👩‍🚀".repeat(10));
});

test("a picture from the clipboard is called after its time, a file keeps its name", () => {
  const at = new Date(2026, 10, 24, 14, 5);
  assert.equal(pastedName("image.png", "image/png", at), "Pasted picture 14.05.png");
  assert.equal(pastedName("holiday.png", "image/png", at), "holiday.png");
  assert.equal(pastedName("image.png", "text/plain", at), "image.png");
});

test("cells and paragraphs are pasted as text, files as files", () => {
  assert.equal(pastesText(["text/plain", "text/html", "text/rtf", "Files"]), true);
  assert.equal(pastesText(["text/html", "Files"]), false); // a picture of a web page
  assert.equal(pastesText(["text/plain", "Files"]), false); // a file of a file manager
  assert.equal(pastesText(["Files"]), false);
});

test("how a file is shown is what the server says, not its name", () => {
  assert.equal(lookOf(png), "picture");
  assert.equal(lookOf(file("a.png", "application/octet-stream")), "card");
  assert.equal(lookOf(file("a.svg", "image/svg+xml")), "card");
  assert.equal(lookOf(file("a.exe", "video/mp4")), "video");
  assert.equal(lookOf(file("a", "audio/ogg")), "audio");
  assert.deepEqual([kindText("a.tar.gz", ""), kindText("README", "text/plain"), kindText("x", "application/pdf"), kindText("a.download", "")], ["GZ", "TXT", "FILE", "FILE"]);
});

test("a name is safe in an address", () => {
  assert.equal(fileUrl(file("a b?#%.txt", "text/plain")), "/files/7/a%20b%3F%23%25.txt");
});

test("a message of files alone is said by them", () => {
  assert.equal(filesText(undefined), "");
  assert.equal(filesText([]), "");
  assert.equal(filesText([file("notes.pdf", "application/pdf")]), "notes.pdf");
  assert.equal(filesText([png, png]), "2 pictures");
  assert.equal(filesText([png, png, file("b.log", "text/plain")]), "3 files");
});

test("the box of a picture keeps its shape, is never larger than it, and can be pointed at", () => {
  const most = { width: 720, height: 360 };
  assert.deepEqual(boxOf(4000, 3000, most), { width: 480, height: 360 });
  assert.deepEqual(boxOf(7200, 360, most), { width: 720, height: 36 });
  assert.deepEqual(boxOf(200, 100, most), { width: 200, height: 100 });
  assert.deepEqual(boxOf(1, 4000, most), { width: 32, height: 360 });
  assert.deepEqual(boxOf(8, 8, most), { width: 32, height: 32 });
});
