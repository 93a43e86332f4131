/** The addresses of the pages. */
import { createRouter, createWebHistory } from "vue-router";

import { pages } from "./pages";

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

router.afterEach((to) => {
  document.title = `${String(to.meta.title ?? "Greenroom")} · Greenroom`;
});
