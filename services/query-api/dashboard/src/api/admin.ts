/** Requests that need the admin token: they carry it, wait where the server asks us to, and forget a refused one. */
import { useAdmin } from "../hooks/useAdmin.ts";
import { ApiError } from "./client.ts";

// Many requests at once meet the server's rate limit of a minute; waiting it out twice is enough for any of them.
const PATIENCE = 2;

export async function guarded<T>(request: () => Promise<T>, patience = PATIENCE): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) useAdmin.setState({ token: "" });
    if (error.status !== 429 || patience === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfterSeconds ?? 1) * 1_000));
    return guarded(request, patience - 1);
  }
}

export const headers = () => ({ Authorization: `Bearer ${useAdmin.getState().token}` });
