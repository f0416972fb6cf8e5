import { ApiError } from "./errors";
import { linkOpen, linkRpc } from "./link";

export { ApiError, errorWords } from "./errors";

type RoundTrip = (ms: number) => void;
let onRoundTrip: RoundTrip = () => {};
/** Told how long every answered call took; one listener. */
export const watchRoundTrips = (listener: RoundTrip): void => void (onRoundTrip = listener);

interface WireError {
  code: number;
  message: string;
  field?: string;
  retry_ms?: number;
}

function asApiError(e: unknown): ApiError {
  if (e instanceof ApiError) return e;
  const wire = e as Partial<WireError> | null;
  if (!wire || typeof wire.code !== "number") return new ApiError(0, String(e));
  /* below 100 are the client's own: no answer, not connected */
  if (wire.code < 100) return new ApiError(0, wire.message ?? "no answer");
  return new ApiError(wire.code, wire.message ?? "", wire.field, wire.retry_ms);
}

/** Calls a method over the WebSocket; over HTTP while the page has none (the doors).
 * errors: ApiError; code 0 when no answer came, so that nobody knows whether it was done. */
export async function call<T>(method: string, params: object = {}): Promise<T> {
  if (!linkOpen()) return post<T>(method, params);
  const began = performance.now();
  try {
    const result = await linkRpc(method, params);
    onRoundTrip(performance.now() - began);
    return result as T;
  } catch (e) {
    throw asApiError(e);
  }
}

/** Calls a method by HTTP: set-up, join, log-in, log-out, place. The same errors as call. */
export async function post<T>(method: string, params: object = {}): Promise<T> {
  let response: Response;
  let body: { result?: T; error?: WireError };
  try {
    response = await fetch(`/rpc/${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "same-origin",
      body: JSON.stringify(params),
    });
    body = (await response.json()) as typeof body;
  } catch (e) {
    throw new ApiError(0, String(e));
  }
  if (body.error) throw asApiError(body.error);
  if (!response.ok) throw new ApiError(response.status, response.statusText);
  return body.result as T;
}
