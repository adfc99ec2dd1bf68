/* What a VM file says of sound; part of vm.h. */
#ifndef VMRUN_VM_AUDIO_H
#define VMRUN_VM_AUDIO_H

enum vm_audio_backend {
	AUDIO_OFF,
	AUDIO_AUTO,
	AUDIO_NONE,
	AUDIO_SPICE,
	AUDIO_PA,
	AUDIO_PIPEWIRE,
	AUDIO_ALSA,
	AUDIO_OSS,
	AUDIO_COREAUDIO
};
enum vm_audio_model { SOUND_HDA, SOUND_AC97, SOUND_USB, SOUND_VIRTIO };

struct vm_audio {
	int backend; /* enum vm_audio_backend */
	int model;   /* enum vm_audio_model */
};

#endif
