/** The admin token: asked for once, kept for this tab only, and dropped when the server refuses it. */
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";

import { BASE } from "../lib/base.ts";

export const useAdmin = create(
  persist(() => ({ token: "" }), {
    // Other servers may be reached below other paths of this host.
    name: `arcwatch-admin-token${BASE}`,
    storage: createJSONStorage(() => sessionStorage),
  }),
);
