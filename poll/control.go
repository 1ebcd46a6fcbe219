package poll

// The calls about readiness, again when a signal got in between.

func (l *Loop) register(fd int, want Interest) Errno {
	for {
		if errno := l.kernel.Register(fd, want); errno != eintr {
			return errno
		}
	}
}

func (l *Loop) modify(fd int, want Interest) Errno {
	for {
		if errno := l.kernel.Modify(fd, want); errno != eintr {
			return errno
		}
	}
}

func (l *Loop) unregister(fd int) Errno {
	for {
		if errno := l.kernel.Unregister(fd); errno != eintr {
			return errno
		}
	}
}
