/* The keys of sound; see internal.h. */
#include "vm/internal.h"

const char *const vm_audio_backends[] = { [AUDIO_OFF] = "off",
	[AUDIO_AUTO] = "auto",
	[AUDIO_NONE] = "none",
	[AUDIO_SPICE] = "spice",
	[AUDIO_PA] = "pa",
	[AUDIO_PIPEWIRE] = "pipewire",
	[AUDIO_ALSA] = "alsa",
	[AUDIO_OSS] = "oss",
	[AUDIO_COREAUDIO] = "coreaudio",
	NULL };
static const char *const model_words[] = { [SOUND_HDA] = "hda",
	[SOUND_AC97] = "ac97",
	[SOUND_USB] = "usb",
	[SOUND_VIRTIO] = "virtio",
	NULL };

const struct conf_key audio_keys[] = {
	{ "backend", CONF_CHOICE, AT(vm_audio, backend), .choices = vm_audio_backends, .def = "off",
	    .example = "auto",
	    .help = "Where the sound goes; off is no sound card; auto is the SPICE viewer if there "
		    "is SPICE, else the desktop of the user who starts the VM (pa on Linux, oss on "
		    "FreeBSD, coreaudio on macOS); none is a card that nobody hears, but a VNC "
		    "viewer that asks for sound; pipewire from QEMU 8.1 on" },
	{ "model", CONF_CHOICE, AT(vm_audio, model), .choices = model_words, .def = "hda",
	    .help = "The guest's sound card; hda has drivers everywhere; ac97 is for older guests; "
		    "virtio from QEMU 8.2 on" },
	{ 0 },
};
