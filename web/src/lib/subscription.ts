/** A browser's subscription at its push service as the server takes it (push.subscribe), from the page and from the worker. */
export function subscriptionOf(made: PushSubscription): Record<"endpoint" | "p256dh" | "auth", string | undefined> {
  const { endpoint, keys } = made.toJSON();
  return { endpoint, p256dh: keys?.p256dh, auth: keys?.auth };
}
