import { ApiError } from "./errors";
import type { Arrived } from "./types_files";

/** A line that carries nothing for so long is taken for cut. */
const STILL_MS = 20_000;

interface Answer extends Partial<Arrived> {
  error?: { code: number; message: string; field?: string; retry_ms?: number };
}

/** Puts the next bytes of a file to those that are there. `progress` is told how many of them are on their way.
 * Somewhere else than the server is: no error, the answer says where to go on.
 * errors: ApiError; code 0 when no answer came, so that nobody knows whether they are there. */
export function putPiece(id: string, offset: number, piece: ArrayBuffer, progress: (bytes: number) => void, signal: AbortSignal): Promise<Arrived> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not say how far it is
    let timer: ReturnType<typeof setTimeout>;
    const stop = () => request.abort();
    const moved = () => {
      clearTimeout(timer);
      timer = setTimeout(stop, STILL_MS);
    };
    const none = () => reject(new ApiError(0, "no answer"));
    request.open("PUT", `/files/${id}?offset=${offset}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      moved();
      progress(event.loaded);
    };
    request.onload = () => {
      try {
        resolve(arrived(request.status, request.responseText));
      } catch (e) {
        reject(e);
      }
    };
    request.onerror = request.onabort = none;
    request.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    if (signal.aborted) return none();
    signal.addEventListener("abort", stop);
    moved();
    request.send(piece);
  });
}

/** errors: ApiError */
function arrived(status: number, text: string): Arrived {
  let answer: Answer = {};
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    if (status < 400) throw new ApiError(0, "no answer");
  }
  const { error, offset } = answer;
  if ((!error || status === 409) && typeof offset === "number") return answer as Arrived;
  throw new ApiError(error?.code ?? status, error?.message ?? "", error?.field, error?.retry_ms);
}
