/**
 * Starts the guest of v86.html. Its network device sends each Ethernet frame as one binary message to the switch, and
 * takes what comes from there. v86 connects with the first one, and again some seconds after the connection was lost. A token goes
 * into the address: wss://lab.example:9622/TOKEN
 */
const form = document.querySelector("form");
const said = document.querySelector("output");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  form.querySelector("button").disabled = true;
  start(form.elements.relay.value);
});

function start(relay) {
  const emulator = new window.V86({
    wasm_path: "v86.wasm",
    bios: { url: "bios.bin" },
    vga_bios: { url: "vgabios.bin" },
    bzimage: { url: "vmlinuz" },
    initrd: { url: "initrd.gz" },
    cmdline: "console=ttyS0 tsc=reliable mitigations=off random.trust_cpu=on",
    memory_size: 128 * 1024 * 1024,
    vga_memory_size: 2 * 1024 * 1024,
    // Each guest has a MAC address of its own, made by v86.
    net_device: { type: "virtio", relay_url: relay },
    serial_console: { type: "textarea", container: document.querySelector("textarea") },
    disable_speaker: true,
    autostart: true,
  });
  // For the console of the browser: emulator.serial0_send("ip address\n")
  window.emulator = emulator;
  emulator.add_listener("emulator-started", () => {
    said.textContent = "running";
  });
  emulator.add_listener("download-error", ({ file_name }) => {
    said.textContent = `cannot load ${file_name}`;
  });
}
