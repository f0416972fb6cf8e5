/** Keeps the place in a log that grows at both ends.
 *
 * Within END_PX of the end it follows the end, but does not push the row out that the keyboard is at; further up the first visible row stays where it is to the pixel,
 * whatever comes above or below it. Something the reader opens or closes stays under the pointer. */
export const END_PX = 100;

export class ScrollKeeper {
  following = true;
  /** Where the box was last seen, or put. */
  private top = 0;
  private anchor: { row: Element; top: number } | null = null;
  private held: { element: Element; top: number } | null = null;
  private readonly sizes: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    private readonly column: HTMLElement,
    private readonly onMove: () => void,
  ) {
    this.sizes = new ResizeObserver(() => this.settle());
    this.sizes.observe(box);
    this.sizes.observe(column);
    box.addEventListener("scroll", this.scrolled, { passive: true });
    box.addEventListener("click", this.hold, true);
  }

  free(): void {
    this.sizes.disconnect();
    this.box.removeEventListener("scroll", this.scrolled);
    this.box.removeEventListener("click", this.hold, true);
  }

  /** How far the end lies below what is seen. */
  get below(): number {
    return this.box.scrollHeight - this.box.clientHeight - this.box.scrollTop;
  }

  /** Pixels above what is seen. */
  get above(): number {
    return this.box.scrollTop;
  }

  toEnd(): void {
    this.box.scrollTop = this.box.scrollHeight;
    this.note();
  }

  /** Brings an element to a share of the height, counted from the top, and stays there. */
  show(element: Element, share: number): void {
    const offset = element.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
    this.box.scrollTop += offset - this.box.clientHeight * share;
    this.note();
  }

  /** What the keyboard has come to is seen whole, and below a row that was tapped what can be done with it. */
  showFocused(): void {
    const row = this.column.querySelector(":scope > :focus");
    const bar = row?.querySelector(":scope > .actions");
    const below = bar && getComputedStyle(bar).position === "static" ? bar : null;
    (row?.matches(":focus-visible") ? row : below)?.scrollIntoView({ block: "nearest" });
  }

  /** After anything changed its size: back to the end, or to the row that was first. */
  settle = (): void => {
    const held = this.held;
    this.held = null;
    if (held?.element.isConnected) this.shift(held.element, held.top);
    else if (this.following) this.follow();
    else if (this.anchor?.row.isConnected) this.shift(this.anchor.row, this.anchor.top);
    else this.note();
    this.onMove();
  };

  /** To the end, as far as the row that the keyboard is at stays in sight. */
  private follow(): void {
    const row = this.column.querySelector(":scope > :focus-visible");
    const seen = row && this.isSeen(row);
    this.box.scrollTop = this.box.scrollHeight;
    if (seen) row.scrollIntoView({ block: "nearest" });
    this.top = this.box.scrollTop;
  }

  /** A scroll is told a frame late: what follows the end has left it only if it went up. What grew below meanwhile, as
   * a quick agent's card does, is followed. */
  private scrolled = (): void => {
    const wentUp = this.box.scrollTop < Math.min(this.top, this.box.scrollHeight - this.box.clientHeight) - 1;
    if (this.following && !wentUp && this.below > END_PX) this.settle();
    else this.note();
  };

  private isSeen(row: Element): boolean {
    const at = row.getBoundingClientRect();
    const box = this.box.getBoundingClientRect();
    return at.bottom > box.top && at.top < box.bottom;
  }

  private shift(element: Element, top: number): void {
    const now = element.getBoundingClientRect().top;
    if (Math.abs(now - top) >= 0.5) this.box.scrollTop += now - top;
    this.note();
  }

  private note = (): void => {
    this.following = this.below <= END_PX;
    this.top = this.box.scrollTop;
    const row = this.firstVisible();
    this.anchor = row ? { row, top: row.getBoundingClientRect().top } : null;
    this.onMove();
  };

  /** Rows lie one below the other: found by halving. */
  private firstVisible(): Element | null {
    const edge = this.box.getBoundingClientRect().top;
    const rows = this.column.children;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]!.getBoundingClientRect().bottom > edge) high = middle;
      else low = middle + 1;
    }
    return rows[low] ?? null;
  }

  private hold = (event: Event): void => {
    const element = (event.target as Element).closest("summary, button");
    if (!element) return;
    const top = element.getBoundingClientRect().top;
    this.held = { element, top };
    /* nothing changed its size by then: nothing to hold */
    setTimeout(() => {
      if (this.held?.element === element) this.held = null;
    }, 250);
  };
}
