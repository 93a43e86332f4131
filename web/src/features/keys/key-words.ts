/** What revoking a key means, in words. */
import type { KeyView } from "@/api/keys";

export function isLast(key: KeyView, keys: KeyView[]): boolean {
  return key.role === "client" && keys.every((one) => one.id === key.id || one.revoked_at !== null || one.role === "worker");
}

export function revokeQuestion(key: KeyView, keys: KeyView[]): string {
  if (key.role === "worker") return `Revoke ${key.name}? Workers that use it are cut off at once, and what they run is tried elsewhere. This cannot be undone.`;
  const first = `Revoke ${key.name}? Programs that use it are refused at once, and who logged in with it is logged out.`;
  if (!isLast(key, keys)) return `${first} This cannot be undone.`;
  return `${first} It is the last key: unless the server is set to ask for one, it will let everybody in who reaches it. This cannot be undone.`;
}

/** Valid ones first, and of each kind the latest. */
export function inOrder(keys: KeyView[]): KeyView[] {
  const revoked = (key: KeyView) => Number(key.revoked_at !== null);
  return [...keys].sort((one, other) => revoked(one) - revoked(other) || other.created_at - one.created_at);
}
