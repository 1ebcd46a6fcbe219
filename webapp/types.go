package webapp

func typeByExtension(ext string) string { return ext }
