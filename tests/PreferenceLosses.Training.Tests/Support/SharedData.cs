namespace PreferenceLosses.Training.Tests.Support;

/// <summary>
/// A test that needs a file of real data, which is not part of the repository: in the folder that PREFERENCE_LOSSES_DATA names, or in shared/data beside the
/// repository. Where it is absent the test is skipped.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string name)
    {
        if (SharedData.Find(name) is null)
        {
            Skip = $"{name} is not here; {SharedData.Variable} can say where it is.";
        }
    }
}

/// <summary>Files of real data.</summary>
internal static class SharedData
{
    public const string Variable = "PREFERENCE_LOSSES_DATA";

    public static string? Find(string name)
    {
        var folders = new List<string>();
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            folders.Add(named);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            folders.Add(Path.Combine(folder.FullName, "shared", "data"));
        }

        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
