import "./style.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { translation } from "./translation/translation.svelte.ts";

await translation.load();
mount(App, { target: document.getElementById("studio")! });
