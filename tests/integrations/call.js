// Calls functions of the MuseScore plug-in's firmus.js: lines {"call": name, "with": [arguments]} in, results out.
const fs = require("fs"), vm = require("vm")
const context = vm.createContext({})
vm.runInContext(fs.readFileSync(process.argv[2], "utf8").replace(".pragma library", ""), context)
const lines = require("readline").createInterface({ input: process.stdin })
lines.on("line", line => {
    const asked = JSON.parse(line)
    process.stdout.write(JSON.stringify(context[asked.call](...asked.with)) + "\n")
})
