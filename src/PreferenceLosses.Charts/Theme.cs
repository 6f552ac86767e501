namespace PreferenceLosses.Charts;

/// <summary>The background that a chart is drawn on.</summary>
public enum Theme
{
    /// <summary>Light or dark, as the reader's system is set; a program that does not know shows it light.</summary>
    Automatic,

    /// <summary>A white background.</summary>
    Light,

    /// <summary>A dark background.</summary>
    Dark,
}
