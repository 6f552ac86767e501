using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>A run in its folder, to its end, from the beginning or from where it stands.</summary>
internal static class DiscoverySession
{
    public static RunState Run(DiscoveryFolder folder, DiscoverySettings settings, DiscoveryDisplay display, CancellationToken cancellationToken)
    {
        var parts = new DiscoveryParts(settings, display);
        var evaluator = parts.Evaluator();
        using var held = evaluator as IDisposable;
        using var model = parts.Model(File.Exists(folder.Archive) ? folder.ReadState().Use : RunState.Empty.Use, folder);
        return new DiscoveryRun(DiscoveryParts.Domain(settings), evaluator, model, settings.Options(parts.Confirmation(evaluator)))
            .RunAsync(folder.Archive, display, cancellationToken).GetAwaiter().GetResult();
    }
}
