/** The admin token: asked for once, kept for this tab only, and dropped when the server refuses it. */
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";

export const useAdmin = create(
  persist(() => ({ token: "" }), {
    name: "arcwatch-admin-token",
    storage: createJSONStorage(() => sessionStorage),
  }),
);
