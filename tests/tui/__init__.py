"""The screen: pure texts and pages driven by keys. Textual takes a program for idle after 20 ms in which it hardly
computed; 4 ms tell as much, and that is most of what such a test waits for."""

import textual._wait

textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 20.0
