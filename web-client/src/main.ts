/** Starts the pages. */
import { mount } from "svelte";
import { installSupport } from "$lib/media/support";
import App from "./App.svelte";
import "./styles/tokens.css";
import "./styles/base.css";

installSupport();
const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
mount(App, { target });
