namespace PreferenceLosses.Training;

/// <summary>There are checkpoints, and none that this run can go on from. The message says why not of each.</summary>
public sealed class CheckpointException(string message) : Exception(message);
