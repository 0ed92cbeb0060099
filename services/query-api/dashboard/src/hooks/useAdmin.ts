/** The admin token: asked for once, kept for this tab only, and dropped when the server refuses it. */
import { useSyncExternalStore } from "react";

const KEY = "arcwatch-admin-token";
const listeners = new Set<() => void>();

export function adminToken(): string | null {
  return sessionStorage.getItem(KEY);
}

export function setAdminToken(token: string | null): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export function authorization(): { Authorization: string } {
  return { Authorization: `Bearer ${adminToken() ?? ""}` };
}

export function useAdminToken(): string | null {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, adminToken);
}
