/** The addresses of the pages. */
import { createRouter, createWebHistory } from "vue-router";

import { pages } from "./pages";
import { notify } from "./ui/notices";

/** The address that was loaded anew because a part of its page was missing. */
const TRIED = "greenroom.tried";

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", redirect: "/run" },
    { path: "/admin", redirect: "/admin/history" },
    ...pages.map((page) => ({ path: page.path, component: page.component, meta: { title: page.name } })),
    { path: "/run/:workflow(.+)", component: () => import("./features/run/RunPage.vue"), meta: { title: "Run" } },
    { path: "/:rest(.*)*", component: () => import("./shell/NoPage.vue"), meta: { title: "No such page" } },
  ],
});

router.onError((_error, to) => void loadAnew(to.fullPath));

/** The parts of a page have other names after an upgrade, and are out of reach while the server is down. */
async function loadAnew(path: string): Promise<void> {
  const answers = await fetch("/healthz", { cache: "no-store" }).then((one) => one.ok, () => false);
  if (answers && sessionStorage.getItem(TRIED) !== path) {
    sessionStorage.setItem(TRIED, path);
    location.assign(path);
  } else {
    notify("This page cannot be loaded now. Try again when the server answers.", true);
  }
}

router.afterEach((to) => {
  sessionStorage.removeItem(TRIED);
  document.title = `${String(to.meta.title ?? "Greenroom")} · Greenroom`;
});
