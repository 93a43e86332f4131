/** A component on its own, with links that lead nowhere. */
import { mount, RouterLinkStub, type ComponentMountingOptions } from "@vue/test-utils";
import type { Component } from "vue";

export function show(component: Component, props: Record<string, unknown>) {
  const options = { props, global: { stubs: { RouterLink: RouterLinkStub } } } as ComponentMountingOptions<Component>;
  return mount(component, options);
}
