/* The sound card, and where its sound goes. */
#include "qemu/compose.h"

void
compose_audio(struct composer *c)
{
	int backend = vm_audio_backend(c->vm, c->facts->os);
	struct buf b = { 0 };

	if (backend == AUDIO_OFF)
		return;
	composef(c, "-audiodev", "%s,id=audio0", vm_audio_backends[backend]);
	switch ((enum vm_audio_model)c->vm->audio.model) {
	case SOUND_HDA:
		composef(c, "-device", "ich9-intel-hda,id=sound0");
		buf_add(&b, "hda-duplex,bus=sound0.0,id=codec0");
		break;
	case SOUND_AC97:
		buf_add(&b, "AC97,id=sound0");
		break;
	case SOUND_USB:
		need_usb(c);
		buf_add(&b, "usb-audio,bus=usb0.0,id=sound0");
		break;
	case SOUND_VIRTIO:
		add_virtio(&b, c, "sound");
		buf_add(&b, ",id=sound0");
		break;
	}
	buf_add(&b, ",audiodev=audio0");
	compose(c, "-device", &b);
}
