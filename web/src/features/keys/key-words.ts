/** What revoking a key means, in words. */
import type { KeyView } from "@/api/keys";

/** The tenant whose keys steer all the others. */
export const OPERATOR = "default";

/** Of all clients' keys, or of those that steer every tenant. */
export function isLast(key: KeyView, keys: KeyView[]): boolean {
  const others = keys.filter((one) => one.id !== key.id && one.revoked_at === null && one.role === "client");
  return key.role === "client" && (!others.length || (key.tenant === OPERATOR && !others.some((one) => one.tenant === OPERATOR)));
}

export function revokeQuestion(key: KeyView, keys: KeyView[]): string {
  if (key.role === "worker") return `Revoke ${key.name}? Workers that use it are cut off at once, and what they run is tried elsewhere. This cannot be undone.`;
  const first = `Revoke ${key.name}? Programs that use it are refused at once, and who logged in with it is logged out.`;
  if (!isLast(key, keys)) return `${first} This cannot be undone.`;
  if (keys.some((one) => one.revoked_at === null && one.tenant !== OPERATOR && one.role === "client")) {
    return `${first} It is the last key that steers every tenant: the others steer their own only. This cannot be undone.`;
  }
  return `${first} It is the last key: unless the server is set to ask for one, it will let everybody in who reaches it. This cannot be undone.`;
}

/** Valid ones first, and of each kind the latest. */
export function inOrder(keys: KeyView[]): KeyView[] {
  const revoked = (key: KeyView) => Number(key.revoked_at !== null);
  return [...keys].sort((one, other) => revoked(one) - revoked(other) || other.created_at - one.created_at);
}

/** What was written as a limit; null for none. */
export function asLimit(text: string): number | null {
  const number = Number(text);
  return text.trim() === "" || !Number.isInteger(number) ? null : number;
}
