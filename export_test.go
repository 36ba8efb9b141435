package leat

// BackupWith is Cloud.Backup, and calls copied with the name of each subdirectory when what is
// in it has been copied.
var BackupWith = (*Cloud).backup
