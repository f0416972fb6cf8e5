/** Times in words. All take milliseconds since 1970 and speak the reader's own time zone, in English, 24 hours. */
const two = (n: number) => String(n).padStart(2, "0");
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

/** "09:41" */
export function clock(ms: number): string {
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** "09:41:07" */
export function clockSeconds(ms: number): string {
  return `${clock(ms)}:${two(new Date(ms).getSeconds())}`;
}

/** A number that is the same for all times of one day. */
export function dayNumber(ms: number): number {
  const d = new Date(ms);
  return d.getFullYear() * 10000 + (d.getMonth() + 1) * 100 + d.getDate();
}

function daysBefore(ms: number, now: number): number {
  const start = (t: number) => new Date(t).setHours(0, 0, 0, 0);
  return Math.round((start(now) - start(ms)) / 86_400_000);
}

/** "Monday, 23 November"; the year only if it is another one. */
export function dayName(ms: number, now: number = Date.now()): string {
  const d = new Date(ms);
  const year = d.getFullYear() === new Date(now).getFullYear() ? "" : ` ${d.getFullYear()}`;
  return `${DAYS[d.getDay()]}, ${d.getDate()} ${MONTHS[d.getMonth()]}${year}`;
}

/** What a day line shows: "Today", "Yesterday", "Monday, 23 November". */
export function dayLine(ms: number, now: number = Date.now()): string {
  const days = daysBefore(ms, now);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : dayName(ms, now);
}

/** What a day line is called: "Today, Tuesday, 24 November". */
export function dayLabel(ms: number, now: number = Date.now()): string {
  const line = dayLine(ms, now);
  const name = dayName(ms, now);
  return line === name ? name : `${line}, ${name}`;
}

/** The exact time, for hover and focus: "Tuesday, 24 November 2026, 09:41:07". */
export function exact(ms: number): string {
  const d = new Date(ms);
  return `${DAYS[d.getDay()]}, ${d.getDate()} ${MONTHS[d.getMonth()]} ${d.getFullYear()}, ${clockSeconds(ms)}`;
}

/** For lists: "09:12" today, "yesterday", "23 November" before. */
export function shortDay(ms: number, now: number = Date.now()): string {
  const days = daysBefore(ms, now);
  if (days <= 0) return clock(ms);
  if (days === 1) return "yesterday";
  const d = new Date(ms);
  const year = d.getFullYear() === new Date(now).getFullYear() ? "" : ` ${d.getFullYear()}`;
  return `${d.getDate()} ${MONTHS[d.getMonth()]}${year}`;
}

/** When somebody was last here: "since 09:12" today, "yesterday", "23 November"; "" if unknown. */
export function since(ms: number, now: number = Date.now()): string {
  if (ms <= 0) return "";
  return daysBefore(ms, now) <= 0 ? `since ${clock(ms)}` : shortDay(ms, now);
}

/** How long a thing took: "38 ms", "2.1 s", "14 s", "3 min 5 s", "2 h 10 min", "4 days". */
export function took(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return s % 60 ? `${min} min ${s % 60} s` : `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  return `${Math.floor(h / 24)} days`;
}

/** A running clock: "0:09", "1:02:03". */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const min = Math.floor((s % 3600) / 60);
  return h > 0 ? `${h}:${two(min)}:${two(s % 60)}` : `${min}:${two(s % 60)}`;
}

/** For <time datetime>. */
export const iso = (ms: number): string => new Date(ms).toISOString();
